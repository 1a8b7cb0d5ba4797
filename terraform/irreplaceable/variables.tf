variable "name" {
  description = "Short name of the institution; begins the bucket names."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,40}$", var.name))
    error_message = "Use 2 to 41 of a-z, 0-9 and '-', beginning with a letter or digit."
  }
}

variable "hot_region" {
  description = "Region of the hot replica."
  type        = string
  default     = "eu-west-2"
}

variable "cold_region" {
  description = "Region of the cold replica; another one, so that both do not fail together."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = var.cold_region != var.hot_region
    error_message = "The cold replica is in another region than the hot one."
  }
}

variable "cold_account_role_arn" {
  description = "Role in the account of the cold replica that Terraform takes on; another account than the hot one."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:iam::[0-9]{12}:role/", var.cold_account_role_arn))
    error_message = "Give a role, arn:aws:iam::<account>:role/<name>, in the second account."
  }
}

variable "hot_keeper_arns" {
  description = "Roles that may loosen a protection of the hot replica; two people have to agree to take one on."
  type        = list(string)
}

variable "cold_keeper_arns" {
  description = "The same for the cold replica, in its own account; no person has both."
  type        = list(string)

  validation {
    condition     = length(setintersection(toset(var.cold_keeper_arns), toset(var.hot_keeper_arns))) == 0
    error_message = "No role keeps both replicas: whoever holds it could lose both."
  }
}

variable "retention_days" {
  description = "Days for which a new version cannot be deleted without a special right."
  type        = number
  default     = 90
}

variable "cold_storage_class" {
  description = "Class that bags of the cold replica move to. GLACIER and DEEP_ARCHIVE sleep: reading takes hours and a request."
  type        = string
  default     = "GLACIER_IR"
}

variable "cold_transition_days" {
  description = "Days after the put until a bag moves to the class."
  type        = number
  default     = 1
}
