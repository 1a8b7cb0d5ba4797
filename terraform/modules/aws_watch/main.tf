# What is told of one replica: new objects into a queue, and the plan against the bill. In the
# replica's own account and region, where its measurements are.

locals {
  quantiles = var.expected == null ? {} : {
    for quantile in ["p50", "p95"] : quantile => {
      bytes            = var.expected.bytes[quantile]
      requests_per_day = var.expected.requests_per_day[quantile]
    }
  }

  # S3 counts each class by itself, and a bag moves from one to another.
  classes = {
    standard = "StandardStorage"
    ia       = "StandardIAStorage"
    instant  = "GlacierInstantRetrievalStorage"
    flexible = "GlacierStorage"
    deep     = "DeepArchiveStorage"
  }
}

data "aws_caller_identity" "here" {}

# For what is encrypted here and can be made again. The keys of the replicas are in ../../irreplaceable.
resource "aws_kms_key" "this" {
  description         = "Encrypts what is told of ${var.bucket}."
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:in the policy of a key, "*" means this key
  #checkov:skip=CKV_AWS_111:in the policy of a key, "*" means this key
  #checkov:skip=CKV_AWS_356:in the policy of a key, "*" means this key
  statement {
    sid       = "AccountDecides"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.here.account_id}:root"]
    }
  }

  statement {
    sid       = "ServicesEncrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "s3.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}

# New and removed objects, for whoever wants to hear of them: Holdfast itself does not rely on it,
# since a notification may be lost.
resource "aws_sqs_queue" "objects" {
  name                      = "${var.name}-objects"
  kms_master_key_id         = aws_kms_key.this.arn
  message_retention_seconds = 1209600
}

data "aws_iam_policy_document" "objects" {
  statement {
    sid       = "OnlyTheBucketSends"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.objects.arn]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:s3:::${var.bucket}"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}

resource "aws_sqs_queue_policy" "objects" {
  queue_url = aws_sqs_queue.objects.id
  policy    = data.aws_iam_policy_document.objects.json
}

resource "aws_s3_bucket_notification" "objects" {
  bucket = var.bucket

  queue {
    queue_arn     = aws_sqs_queue.objects.arn
    events        = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    filter_prefix = "${var.prefix}packages/"
  }

  depends_on = [aws_sqs_queue_policy.objects]
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.this.arn
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = toset(var.alarm_emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

# Above p50 somebody should know, above p95 the plan is wrong.
resource "aws_cloudwatch_metric_alarm" "bytes" {
  for_each = local.quantiles

  alarm_name          = "${var.name}-bytes-${each.key}"
  alarm_description   = "More bytes in ${var.bucket}, in all classes and versions, than the plan expects (${each.key})."
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  threshold           = each.value.bytes
  alarm_actions       = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "all"
    label       = "Bytes in all classes"
    expression  = join(" + ", [for id in keys(local.classes) : "FILL(${id}, 0)"])
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.classes

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/S3"
        metric_name = "BucketSizeBytes"
        dimensions  = { BucketName = var.bucket, StorageType = metric_query.value }
        stat        = "Maximum"
        period      = 86400
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "requests" {
  for_each = local.quantiles

  alarm_name          = "${var.name}-requests-${each.key}"
  alarm_description   = "More requests to ${var.bucket} in a day than the plan expects (${each.key})."
  namespace           = "AWS/S3"
  metric_name         = "AllRequests"
  dimensions          = { BucketName = var.bucket, FilterId = "EntireBucket" }
  statistic           = "Sum"
  period              = 86400
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.requests_per_day
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
