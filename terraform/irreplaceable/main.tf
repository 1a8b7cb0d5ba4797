# Two replicas that do not fail together: two regions, and, where it can be had, two accounts
# (give the second provider a profile of its own).

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

provider "aws" {
  region = var.hot_region
}

provider "aws" {
  alias  = "cold"
  region = var.cold_region
}

module "hot" {
  source = "../modules/aws_hot"

  bucket         = "${var.name}-holdfast-hot"
  retention_days = var.retention_days
}

module "cold" {
  source = "../modules/aws_cold"

  providers = {
    aws = aws.cold
  }

  bucket         = "${var.name}-holdfast-cold"
  retention_days = var.retention_days
  storage_class  = var.cold_storage_class
}
