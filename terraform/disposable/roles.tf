module "hot_roles" {
  source = "../modules/aws_roles"

  name         = "${var.name}-holdfast-hot"
  bucket_arn   = var.replicas.hot.bucket_arn
  key_arn      = var.replicas.hot.key_arn
  trusted_arns = var.trusted_arns
}

module "cold_roles" {
  source = "../modules/aws_roles"

  providers = {
    aws = aws.cold
  }

  name         = "${var.name}-holdfast-cold"
  bucket_arn   = var.replicas.cold.bucket_arn
  key_arn      = var.replicas.cold.key_arn
  trusted_arns = var.trusted_arns
}
