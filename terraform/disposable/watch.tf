# The plan against the bill, and a queue of new objects, for each replica where it is.

locals {
  buckets = { for store, replica in var.replicas : store => element(split(":::", replica.bucket_arn), 1) }
}

module "hot_watch" {
  source = "../modules/aws_watch"

  name         = "${var.name}-holdfast-hot"
  bucket       = local.buckets["hot"]
  prefix       = var.replicas["hot"].prefix
  expected     = lookup(var.expected, "hot", null)
  alarm_emails = var.alarm_emails
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
