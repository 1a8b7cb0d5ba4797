variable "name" {
  description = "Begins the names here: <institution>-holdfast-<store>."
  type        = string
}

variable "bucket" {
  description = "The replica's bucket."
  type        = string
}

variable "prefix" {
  description = "What the keys of the store begin with: empty, or ending with a slash."
  type        = string
}

variable "expected" {
  description = "What the plan expects of the store; null: nobody planned, and no alarm is set."
  type = object({
    bytes            = object({ p50 = number, p95 = number })
    requests_per_day = object({ p50 = number, p95 = number })
  })
  default = null
}

variable "alarm_emails" {
  description = "Who is written to; each has to confirm once."
  type        = list(string)
  default     = []
}
