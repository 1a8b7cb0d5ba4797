# Another region and another account: what empties one account does not reach the other.
provider "aws" {
  alias  = "cold"
  region = var.cold_region

  assume_role {
    role_arn = var.cold_account_role_arn
  }
}

module "cold" {
  source = "../modules/aws_cold"

  providers = {
    aws = aws.cold
  }

  bucket          = "${var.name}-holdfast-cold"
  keeper_arns     = var.cold_keeper_arns
  retention_days  = var.retention_days
  storage_class   = var.cold_storage_class
  transition_days = var.cold_transition_days
}
