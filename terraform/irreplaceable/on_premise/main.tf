# A replica on premises, with a state of its own: a gateway that is down does not stop the others.
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

provider "aws" {
  region                      = "us-east-1" # what gateways without regions expect in the signature
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true

  endpoints {
    s3 = var.endpoint
  }
}

module "store" {
  source = "../../modules/s3_compatible"

  bucket         = "${var.name}-holdfast-${var.store}"
  retention_days = var.retention_days
}

output "store_url" {
  description = "For the [stores.*] table of holdfast.toml."
  value       = "s3://${module.store.bucket}"
}
