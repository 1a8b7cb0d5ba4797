variable "name" {
  description = "Short name of the institution, as in ../irreplaceable."
  type        = string
}

variable "cold_account_role_arn" {
  description = "Role in the account of the cold replica that Terraform takes on."
  type        = string
}

variable "replicas" {
  description = "The output `replicas` of ../irreplaceable, by store."
  type = map(object({
    bucket_arn = string
    key_arn    = string
    prefix     = string
    region     = string
  }))

  validation {
    condition     = toset(keys(var.replicas)) == toset(local.made_here)
    error_message = "Here are files for the stores ${join(", ", local.made_here)} (README: adding a cold replica)."
  }
}

variable "trusted_arns" {
  description = "Who may take on each role, by store and by the role's name: depositor, reader, mover, remover, auditor."
  type        = map(map(list(string)))

  validation {
    condition     = toset(keys(var.trusted_arns)) == toset(keys(var.replicas))
    error_message = "Say for each replica who may take on its roles."
  }

  validation {
    condition = alltrue([
      for roles in var.trusted_arns : length(setintersection(toset(roles["mover"]), toset(roles["remover"]))) == 0
    ])
    error_message = "Whoever moves does not remove: give the remover a principal of its own."
  }

  validation {
    condition     = length(flatten([for roles in var.trusted_arns : distinct(roles["remover"])])) == length(distinct(flatten([for roles in var.trusted_arns : roles["remover"]])))
    error_message = "Whoever removes from one replica does not remove from another: one credential must not reach both."
  }
}

# The same words as holdfast.toml and the plan: `holdfast terraform vars RESULT` writes them.
variable "expected" {
  description = "What the plan expects, by store."
  type = map(object({
    bytes            = object({ p50 = number, p95 = number })
    requests_per_day = object({ p50 = number, p95 = number })
  }))
  default = {}

  validation {
    condition     = length(setsubtract(toset(keys(var.expected)), toset(keys(var.replicas)))) == 0
    error_message = "Only the replicas have alarms here; on premises the gateway's own monitoring does it."
  }
}

variable "alarm_emails" {
  description = "Who is written to when a bucket holds or does more than planned."
  type        = list(string)
  default     = []
}

variable "vpc_id" {
  description = "The network that workers and the catalogue live in."
  type        = string
}

variable "private_subnet_ids" {
  description = "Its private subnets, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "Give two subnets in different zones: the catalogue has a standby."
  }
}

variable "s3_prefix_list_id" {
  description = "Prefix list of the network's S3 endpoint."
  type        = string
}

variable "endpoints_security_group_id" {
  description = "Of the network's interface endpoints: STS, logs and the image registry."
  type        = string
}

variable "cold_store_cidrs" {
  description = "Addresses through which the other region's S3 is reached; an S3 endpoint serves its own region only."
  type        = list(string)
  default     = []
}

variable "workers" {
  description = "How many Dask workers run."
  type        = number
  default     = 0
}

variable "worker_image" {
  description = "Container image with Holdfast installed, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.worker_image))
    error_message = "Name the image by its digest, …@sha256:…: a tag may mean something else tomorrow."
  }
}

variable "scheduler_address" {
  description = "Of the Dask scheduler, tls://…"
  type        = string
}

variable "execution_role_arn" {
  description = "Role with which ECS fetches the image and writes the log."
  type        = string
}

variable "monitoring_role_arn" {
  description = "Role with which RDS writes its measurements."
  type        = string
}

variable "database_class" {
  description = "Size of the machine under the catalogue."
  type        = string
  default     = "db.t4g.medium"
}

variable "database_protected" {
  description = "Whether the catalogue's database refuses to be deleted; false, applied, comes before a destroy."
  type        = bool
  default     = true
}
