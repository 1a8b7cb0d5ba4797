# What a program may do with one replica. Nobody here may loosen a protection, bypass a lock or
# delete a bucket; only the remover may delete, and it may not write.

locals {
  objects = "${var.bucket_arn}/*"

  # Every verb that Holdfast uses, by who needs it. HEAD is GetObject; ListBucket tells absent from forbidden.
  rights = {
    # Puts, and reads back what it put: an unread deposit is not acknowledged.
    depositor = {
      on_bucket  = ["s3:ListBucket"]
      on_objects = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
      on_key     = ["kms:Decrypt", "kms:GenerateDataKey"]
    }
    reader = {
      on_bucket  = ["s3:ListBucket"]
      on_objects = ["s3:GetObject"]
      on_key     = ["kms:Decrypt"]
    }
    # Copies, wakes what sleeps, and sets holds; takes nothing away.
    mover = {
      on_bucket = ["s3:GetBucketObjectLockConfiguration", "s3:GetBucketVersioning", "s3:ListBucket"]
      on_objects = [
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:PutObject",
        "s3:PutObjectLegalHold",
        "s3:PutObjectRetention",
        "s3:RestoreObject",
      ]
      on_key = ["kms:Decrypt", "kms:GenerateDataKey"]
    }
    # Removes what was proven to be elsewhere; its own credential and its own job.
    remover = {
      on_bucket  = ["s3:ListBucket", "s3:ListBucketVersions"]
      on_objects = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion"]
      on_key     = ["kms:Decrypt"]
    }
    auditor = {
      on_bucket = [
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:ListBucket",
        "s3:ListBucketVersions",
      ]
      on_objects = [
        "s3:GetObject",
        "s3:GetObjectAttributes",
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:GetObjectVersion",
      ]
      on_key = ["kms:Decrypt"]
    }
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.rights

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.trusted_arns[each.key]
    }
  }
}

data "aws_iam_policy_document" "rights" {
  for_each = local.rights

  statement {
    sid       = "Bucket"
    actions   = each.value.on_bucket
    resources = [var.bucket_arn]
  }

  statement {
    sid       = "Objects"
    actions   = each.value.on_objects
    resources = [local.objects]
  }

  statement {
    sid       = "Key"
    actions   = each.value.on_key
    resources = [var.key_arn]
  }

  # Said once more as a denial: a policy that somebody attaches later does not lift it.
  statement {
    sid    = "NeverLoosens"
    effect = "Deny"
    actions = [
      "s3:BypassGovernanceRetention",
      "s3:DeleteBucket",
      "s3:PutBucketObjectLockConfiguration",
      "s3:PutBucketPolicy",
      "s3:PutBucketVersioning",
      "s3:PutLifecycleConfiguration",
    ]
    resources = [var.bucket_arn, local.objects]
  }

  dynamic "statement" {
    for_each = each.key == "remover" ? [] : ["deny"]

    content {
      sid       = "NeverRemoves"
      effect    = "Deny"
      actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      resources = [local.objects]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.rights

  name                 = "${var.name}-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = 43200 # a night's work
}

resource "aws_iam_role_policy" "this" {
  for_each = local.rights

  name   = each.key
  role   = aws_iam_role.this[each.key].id
  policy = data.aws_iam_policy_document.rights[each.key].json
}
