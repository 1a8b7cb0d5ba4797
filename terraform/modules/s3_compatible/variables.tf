variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "retention_days" {
  description = "Days for which a new version cannot be deleted without a special right."
  type        = number

  validation {
    condition     = var.retention_days >= 1
    error_message = "A bucket of originals keeps every version for at least a day."
  }
}
