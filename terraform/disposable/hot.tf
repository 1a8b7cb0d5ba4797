provider "aws" {
  region = var.replicas["hot"].region

  default_tags {
    tags = { holdfast = var.name }
  }
}

module "hot_roles" {
  source = "../modules/aws_roles"

  name         = "${var.name}-holdfast-hot"
  bucket_arn   = var.replicas["hot"].bucket_arn
  prefix       = var.replicas["hot"].prefix
  key_arn      = var.replicas["hot"].key_arn
  trusted_arns = local.trusted["hot"]
}

module "hot_watch" {
  source = "../modules/aws_watch"

  name         = "${var.name}-holdfast-hot"
  bucket       = local.buckets["hot"]
  prefix       = var.replicas["hot"].prefix
  expected     = lookup(var.expected, "hot", null)
  alarm_emails = var.alarm_emails
}
