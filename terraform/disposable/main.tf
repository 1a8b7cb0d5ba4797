# Everything here can be made again: roles, alarms, queues of new objects, Dask workers, and
# the PostgreSQL catalogue (`holdfast catalogue rebuild` brings it back from the stores).
# A state of its own: `terraform destroy` here loses no byte.

# For the database and the logs. The keys of the replicas are in ../irreplaceable.
resource "aws_kms_key" "disposable" {
  description         = "Encrypts what Holdfast can make again."
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

data "aws_caller_identity" "here" {}

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

  # CloudWatch Logs names the group that it encrypts, and no account.
  statement {
    sid       = "LogsEncrypt"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.replicas["hot"].region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:aws:logs:${var.replicas["hot"].region}:${data.aws_caller_identity.here.account_id}:log-group:${local.log_group}"]
    }
  }
}
