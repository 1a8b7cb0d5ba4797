# Another region and another account: what empties one account does not reach the other.
provider "aws" {
  alias  = "cold"
  region = var.stores["cold"].region

  assume_role {
    role_arn = var.cold_account_role_arn
  }
}

module "cold" {
  source = "../modules/aws_cold"

  providers = {
    aws = aws.cold
  }

  bucket          = var.stores["cold"].bucket
  prefix          = var.stores["cold"].prefix
  tags            = local.tags["cold"]
  remover_role    = "${var.name}-holdfast-cold-remover"
  keeper_arns     = var.cold_keeper_arns
  retention_days  = var.stores["cold"].retention_days
  storage_class   = var.cold_storage_class
  transition_days = var.stores["cold"].transition_days
}
