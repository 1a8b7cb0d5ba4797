# New and removed objects of the hot replica, for whoever wants to hear of them: Holdfast itself
# does not rely on it, since a notification may be lost.

resource "aws_sqs_queue" "objects" {
  name                      = "${var.name}-holdfast-objects"
  kms_master_key_id         = aws_kms_key.disposable.arn
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
      values   = [var.replicas.hot.bucket_arn]
    }
  }
}

resource "aws_sqs_queue_policy" "objects" {
  queue_url = aws_sqs_queue.objects.id
  policy    = data.aws_iam_policy_document.objects.json
}

resource "aws_s3_bucket_notification" "objects" {
  bucket = local.hot_bucket

  queue {
    queue_arn     = aws_sqs_queue.objects.arn
    events        = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    filter_prefix = "packages/"
  }

  depends_on = [aws_sqs_queue_policy.objects]
}
