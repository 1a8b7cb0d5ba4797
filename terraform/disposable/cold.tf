provider "aws" {
  alias  = "cold"
  region = var.replicas["cold"].region

  assume_role {
    role_arn = var.cold_account_role_arn
  }

  default_tags {
    tags = { holdfast = var.name }
  }
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
  trusted_arns = local.trusted["cold"]
}

module "cold_watch" {
  source = "../modules/aws_watch"

  providers = {
    aws = aws.cold
  }

  name         = "${var.name}-holdfast-cold"
  bucket       = local.buckets["cold"]
  prefix       = var.replicas["cold"].prefix
  expected     = lookup(var.expected, "cold", null)
  alarm_emails = var.alarm_emails
}
