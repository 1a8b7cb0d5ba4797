variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "prefix" {
  description = "What the keys of the store begin with: empty, or ending with a slash."
  type        = string
}

variable "tags" {
  description = "What the store is called in holdfast.toml, its tier and its domain."
  type        = map(string)
}

variable "remover_role" {
  description = "Name of the role that may delete, as ../aws_roles makes it."
  type        = string
}

variable "keeper_arns" {
  description = "Roles that may loosen a protection; two people have to agree to take one on."
  type        = list(string)

  validation {
    condition     = length(var.keeper_arns) > 0 && !contains(var.keeper_arns, "*")
    error_message = "Name at least one role, and not everybody: otherwise nobody, or anybody, could change the bucket."
  }
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
  description = "Class that bags move to, an S3 storage class."
  type        = string

  validation {
    condition     = contains(["STANDARD_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"], var.storage_class)
    error_message = "Use STANDARD_IA, GLACIER_IR, GLACIER or DEEP_ARCHIVE; one zone is not a replica."
  }
}

variable "transition_days" {
  description = "Days after the put until a bag moves to the class. Holdfast's read-back comes first."
  type        = number

  validation {
    condition     = var.transition_days >= 1
    error_message = "A bag rests for at least a day, so that it can be read back before it sleeps."
  }
}

variable "smallest_transition_bytes" {
  description = "Bytes that an object has to exceed to move: above every index and manifest, below every bag worth moving."
  type        = number
  default     = 33554432

  validation {
    condition     = var.smallest_transition_bytes >= 1048576
    error_message = "Objects below 1 MiB cost more in a cold class than they save."
  }
}
