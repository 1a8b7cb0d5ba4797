provider "aws" {
  region = var.hot_region
}

module "hot" {
  source = "../modules/aws_hot"

  bucket         = "${var.name}-holdfast-hot"
  keeper_arns    = var.hot_keeper_arns
  retention_days = var.retention_days
}
