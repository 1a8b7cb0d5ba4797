locals {
  # Workers do what the mover and the depositor do, by roles that they take on: one for each replica.
  workers = {
    for store, trusted in var.trusted_arns : store => merge(trusted, {
      for role in ["depositor", "mover"] : role => concat(trusted[role], [aws_iam_role.worker.arn])
    })
  }
}

module "hot_roles" {
  source = "../modules/aws_roles"

  name         = "${var.name}-holdfast-hot"
  bucket_arn   = var.replicas["hot"].bucket_arn
  prefix       = var.replicas["hot"].prefix
  key_arn      = var.replicas["hot"].key_arn
  trusted_arns = local.workers["hot"]
}

module "cold_roles" {
  source = "../modules/aws_roles"

  providers = {
    aws = aws.cold
  }

  name         = "${var.name}-holdfast-cold"
  bucket_arn   = var.replicas["cold"].bucket_arn
  prefix       = var.replicas["cold"].prefix
  key_arn      = var.replicas["cold"].key_arn
  trusted_arns = local.workers["cold"]
}
