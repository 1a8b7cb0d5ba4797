# A replica on premises, with a state of its own: a gateway that is down does not stop the others.
# The workspace is the store: `terraform workspace select -or-create site-b`, then plan and apply.
# Run this against a gateway that refuses to delete a full bucket (SeaweedFS:
# -s3.allowDeleteBucketNotEmpty=false) and after `holdfast stores probe` has said what it keeps.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

locals {
  name  = terraform.workspace
  store = var.stores[local.name]
}

provider "aws" {
  region                      = local.store.region
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true

  endpoints {
    s3 = local.store.endpoint
  }
}

module "store" {
  source = "../../modules/s3_compatible"

  bucket         = local.store.bucket
  retention_days = local.store.retention_days
}
