# Everything here can be made again: roles, alarms, the queue of new objects, Dask workers, and
# the PostgreSQL catalogue (`holdfast catalogue rebuild` brings it back from the stores).
# A state of its own: `terraform destroy` here loses no byte.

provider "aws" {
  region = var.hot_region

  default_tags {
    tags = { holdfast = var.name }
  }
}

provider "aws" {
  alias  = "cold"
  region = var.cold_region

  assume_role {
    role_arn = var.cold_account_role_arn
  }

  default_tags {
    tags = { holdfast = var.name }
  }
}

# For what is encrypted and can be made again. The keys of the replicas are in ../irreplaceable.
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

  statement {
    sid       = "ServicesEncrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*", "kms:Encrypt", "kms:ReEncrypt*", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type = "Service"
      identifiers = [
        "cloudwatch.amazonaws.com",
        "logs.${var.hot_region}.amazonaws.com",
        "s3.amazonaws.com",
      ]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}
