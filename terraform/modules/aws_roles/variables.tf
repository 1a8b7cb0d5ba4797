variable "name" {
  description = "Begins the names of the roles: <institution>-holdfast-<store>."
  type        = string
}

variable "bucket_arn" {
  description = "The replica's bucket."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]{3,63}$", var.bucket_arn))
    error_message = "Give one bucket, arn:aws:s3:::<bucket>, and no pattern."
  }
}

variable "prefix" {
  description = "What the keys of the store begin with: empty, or ending with a slash."
  type        = string

  validation {
    condition     = can(regex("^([^/*?][^*?]*/)?$", var.prefix))
    error_message = "A prefix is empty or ends with a slash, and is no pattern."
  }
}

variable "key_arn" {
  description = "The key that encrypts it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.key_arn))
    error_message = "Give one key, arn:aws:kms:<region>:<account>:key/<id>, and no pattern."
  }
}

variable "trusted_arns" {
  description = "Who may take on each role, by the role's name: depositor, reader, mover, remover, auditor."
  type        = map(list(string))

  validation {
    condition     = toset(keys(var.trusted_arns)) == toset(["depositor", "reader", "mover", "remover", "auditor"])
    error_message = "Name the trusted principals of all five roles: depositor, reader, mover, remover, auditor."
  }

  validation {
    condition     = alltrue([for arn in flatten(values(var.trusted_arns)) : can(regex("^arn:aws:iam::[0-9]{12}:(role|user)/[^*]+$", arn))])
    error_message = "Name roles or users, arn:aws:iam::<account>:role/<name>; never everybody."
  }
}
