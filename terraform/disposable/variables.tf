variable "name" {
  description = "Short name of the institution, as in ../irreplaceable."
  type        = string
}

variable "hot_region" {
  description = "Region of the hot replica."
  type        = string
  default     = "eu-west-2"
}

variable "cold_region" {
  description = "Region of the cold replica."
  type        = string
  default     = "eu-central-1"
}

variable "cold_account_role_arn" {
  description = "Role in the account of the cold replica that Terraform takes on."
  type        = string
}

variable "replicas" {
  description = "The output `replicas` of ../irreplaceable."
  type = object({
    hot  = object({ bucket_arn = string, key_arn = string })
    cold = object({ bucket_arn = string, key_arn = string })
  })
}

variable "trusted_arns" {
  description = "Who may take on each role, by the role's name: depositor, reader, mover, remover, auditor."
  type        = map(list(string))

  validation {
    condition     = length(setintersection(toset(var.trusted_arns["mover"]), toset(var.trusted_arns["remover"]))) == 0
    error_message = "Whoever moves does not remove: give the remover a principal of its own."
  }
}

variable "expected" {
  description = "What the plan expects, by store; `holdfast terraform vars RESULT` writes it."
  type = map(object({
    bytes            = object({ p50 = number, p95 = number })
    requests_per_day = object({ p50 = number, p95 = number })
  }))
  default = {}

  validation {
    condition     = length(setsubtract(toset(keys(var.expected)), toset(["hot", "cold"]))) == 0
    error_message = "Only the replicas hot and cold have alarms here."
  }
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
