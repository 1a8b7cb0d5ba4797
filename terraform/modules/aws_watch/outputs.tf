output "queue_url" {
  description = "Of the queue of new and removed objects."
  value       = aws_sqs_queue.objects.url
}

output "alarm_topic_arn" {
  description = "Where the alarms go; subscribe a pager here."
  value       = aws_sns_topic.alarms.arn
}

output "alarms" {
  description = "Above what each alarm warns."
  value = {
    bytes            = { for quantile, alarm in aws_cloudwatch_metric_alarm.bytes : quantile => alarm.threshold }
    requests_per_day = { for quantile, alarm in aws_cloudwatch_metric_alarm.requests : quantile => alarm.threshold }
  }
}
