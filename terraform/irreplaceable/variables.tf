variable "name" {
  description = "Short name of the institution; begins the names of the roles in ../disposable."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,40}$", var.name))
    error_message = "Use 2 to 41 of a-z, 0-9 and '-', beginning with a letter or digit."
  }
}

# The same words as holdfast.toml and the policy: `holdfast terraform vars RESULT` writes them.
variable "stores" {
  description = "The stores of holdfast.toml that lie in AWS, by name."
  type = map(object({
    bucket          = string
    prefix          = string
    region          = string
    tier            = string
    domain          = string
    settle_days     = number
    transition_days = number
    retention_days  = number
  }))

  validation {
    condition     = toset(keys(var.stores)) == toset(local.made_here)
    error_message = "Here are files for the stores ${join(", ", local.made_here)}; give exactly these (README: adding a cold replica)."
  }

  validation {
    condition     = length(distinct([for store in var.stores : store.region])) == length(var.stores)
    error_message = "Each replica is in a region of its own, so that they do not fail together."
  }

  validation {
    condition     = length(distinct([for store in var.stores : store.domain])) == length(var.stores)
    error_message = "Each replica is in a domain of its own: what fails together is one copy."
  }

  validation {
    condition     = alltrue([for store in var.stores : store.transition_days > store.settle_days])
    error_message = "A bag settles (settle_days) and is read again before it moves to a class that sleeps (transition_days)."
  }

  validation {
    condition     = alltrue([for store in var.stores : can(regex("^([^/].*/)?$", store.prefix))])
    error_message = "A prefix is empty or ends with a slash, and does not begin with one."
  }
}

variable "cold_account_role_arn" {
  description = "Role in the account of the cold replica that Terraform takes on; another account than the hot one."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:iam::[0-9]{12}:role/", var.cold_account_role_arn))
    error_message = "Give a role, arn:aws:iam::<account>:role/<name>, in the second account."
  }

  validation {
    condition     = contains(var.cold_keeper_arns, var.cold_account_role_arn)
    error_message = "The role that Terraform takes on is one of cold_keeper_arns: nobody else may change the bucket again."
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

variable "cold_storage_class" {
  description = "Class that bags of the cold replica move to. GLACIER and DEEP_ARCHIVE sleep: reading takes hours and a request."
  type        = string
  default     = "GLACIER_IR"
}
