# The plan against the bill: `holdfast terraform vars RESULT` writes what the plan expects of each
# replica this year. Above p50 somebody should know, above p95 the plan is wrong.

locals {
  hot_bucket  = element(split(":::", var.replicas.hot.bucket_arn), 1)
  cold_bucket = element(split(":::", var.replicas.cold.bucket_arn), 1)
  buckets     = { hot = local.hot_bucket, cold = local.cold_bucket }

  quantiles = merge([
    for store, expected in var.expected : {
      for quantile in ["p50", "p95"] : "${store}-${quantile}" => {
        bucket   = local.buckets[store]
        bytes    = expected.bytes[quantile]
        requests = expected.requests_per_day[quantile]
      }
    }
  ]...)
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-holdfast-alarms"
  kms_master_key_id = aws_kms_key.disposable.arn
}

resource "aws_cloudwatch_metric_alarm" "bytes" {
  for_each = local.quantiles

  alarm_name          = "${var.name}-holdfast-bytes-${each.key}"
  alarm_description   = "More bytes in ${each.value.bucket} than the plan expects (${each.key})."
  namespace           = "AWS/S3"
  metric_name         = "BucketSizeBytes"
  dimensions          = { BucketName = each.value.bucket, StorageType = "StandardStorage" }
  statistic           = "Maximum"
  period              = 86400
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.bytes
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "requests" {
  for_each = local.quantiles

  alarm_name          = "${var.name}-holdfast-requests-${each.key}"
  alarm_description   = "More requests to ${each.value.bucket} in a day than the plan expects (${each.key})."
  namespace           = "AWS/S3"
  metric_name         = "AllRequests"
  dimensions          = { BucketName = each.value.bucket, FilterId = "EntireBucket" }
  statistic           = "Sum"
  period              = 86400
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.requests
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
