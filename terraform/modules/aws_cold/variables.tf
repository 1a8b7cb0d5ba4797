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

variable "storage_class" {
  description = "Class that bags move to."
  type        = string

  validation {
    condition     = contains(["STANDARD_IA", "GLACIER_IR"], var.storage_class)
    error_message = "Only classes that can be read at once: Holdfast does not ask for restores yet."
  }
}
