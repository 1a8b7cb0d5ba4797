variable "name" {
  description = "Short name of the institution; begins the bucket name."
  type        = string
}

variable "store" {
  description = "Name of the store in holdfast.toml."
  type        = string
}

variable "endpoint" {
  description = "Address of the gateway, https."
  type        = string

  validation {
    condition     = can(regex("^https://|^http://127\\.0\\.0\\.1[:/]", var.endpoint))
    error_message = "Only https, so that nobody on the way reads or changes the bytes."
  }
}

variable "retention_days" {
  description = "Days for which a new version cannot be deleted without a special right."
  type        = number
  default     = 90
}
