variable "bucket" {
  description = "Name of the bucket."
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
