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

variable "retention_days" {
  description = "Days for which a new version cannot be deleted without a special right."
  type        = number
  default     = 90
}

variable "cold_storage_class" {
  description = "Class that objects of the cold replica move to."
  type        = string
  default     = "GLACIER_IR"
}
