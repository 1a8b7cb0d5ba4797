provider "aws" {
  region = var.stores["hot"].region
}

module "hot" {
  source = "../modules/aws_hot"

  bucket         = var.stores["hot"].bucket
  tags           = local.tags["hot"]
  remover_role   = "${var.name}-holdfast-hot-remover"
  keeper_arns    = var.hot_keeper_arns
  retention_days = var.stores["hot"].retention_days
}
