# What a program may do with one replica. Nobody here may loosen a protection, bypass a lock or
# delete a bucket; only the remover may delete, and it writes nothing but history.

locals {
  # Packages; the history that a lost catalogue is made again from; marks that tell one place from another.
  packages = "${var.bucket_arn}/${var.prefix}packages/*"
  events   = "${var.bucket_arn}/${var.prefix}events/*"
  marks    = "${var.bucket_arn}/${var.prefix}holdfast/*"
  objects  = "${var.bucket_arn}/${var.prefix}*"

  # What `holdfast stores probe` asks: which protections are there.
  settings = [
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetMetricsConfiguration",
  ]

  # Every verb that Holdfast uses, by who needs it. HEAD is GetObject; ListBucket tells absent from forbidden.
  rights = {
    # Puts, and reads back: an unread deposit is not acknowledged, and S3 cannot tell its own from others'.
    depositor = {
      on_bucket   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
      reads       = ["s3:GetObject"]
      on_packages = ["s3:AbortMultipartUpload", "s3:PutObject"]
      on_events   = ["s3:PutObject"]
      on_marks    = ["s3:PutObject"]
      on_key      = ["kms:Decrypt", "kms:GenerateDataKey"]
    }
    reader = {
      on_bucket   = ["s3:ListBucket"]
      reads       = ["s3:GetObject"]
      on_packages = []
      on_events   = []
      on_marks    = []
      on_key      = ["kms:Decrypt"]
    }
    # Copies, wakes what sleeps, and sets holds; takes nothing away.
    mover = {
      on_bucket = concat(local.settings, ["s3:ListBucket", "s3:ListBucketMultipartUploads"])
      reads     = ["s3:GetObject", "s3:GetObjectLegalHold", "s3:GetObjectRetention"]
      on_packages = [
        "s3:AbortMultipartUpload",
        "s3:PutObject",
        "s3:PutObjectLegalHold",
        "s3:PutObjectRetention",
        "s3:RestoreObject",
      ]
      on_events = ["s3:PutObject"]
      on_marks  = ["s3:AbortMultipartUpload", "s3:PutObject"]
      on_key    = ["kms:Decrypt", "kms:GenerateDataKey"]
    }
    # Removes what was proven to be elsewhere; its own credential and its own job. It marks each
    # store and looks for the mark in the others before, and takes the mark away. It also probes: that a
    # lock holds is proved by whoever else could delete, on a few bytes of its own among the marks.
    remover = {
      on_bucket   = concat(local.settings, ["s3:ListBucket", "s3:ListBucketVersions"])
      reads       = ["s3:GetObject", "s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectVersion"]
      on_packages = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      on_events   = ["s3:PutObject"]
      on_marks = [
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObject",
        "s3:PutObjectLegalHold",
        "s3:PutObjectRetention",
        "s3:RestoreObject",
      ]
      on_key = ["kms:Decrypt", "kms:GenerateDataKey"]
    }
    # Reads, asks for the checksums of what sleeps (HEAD, so GetObject), and writes down what it found: nothing else.
    auditor = {
      on_bucket = concat(local.settings, ["s3:ListBucket", "s3:ListBucketVersions"])
      reads = [
        "s3:GetObject",
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:GetObjectVersion",
      ]
      on_packages = []
      on_events   = ["s3:PutObject"]
      on_marks    = []
      on_key      = ["kms:Decrypt", "kms:GenerateDataKey"]
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
    sid       = "Reads"
    actions   = each.value.reads
    resources = [local.objects]
  }

  dynamic "statement" {
    for_each = {
      for sid, right in {
        Packages = { actions = each.value.on_packages, on = local.packages }
        Events   = { actions = each.value.on_events, on = local.events }
        Marks    = { actions = each.value.on_marks, on = local.marks }
      } : sid => right if length(right.actions) > 0
    }

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = [statement.value.on]
    }
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
      "s3:DeleteBucketPolicy",
      "s3:PutBucketObjectLockConfiguration",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:PutReplicationConfiguration",
    ]
    resources = [var.bucket_arn, "${var.bucket_arn}/*"]
  }

  dynamic "statement" {
    for_each = each.key == "remover" ? [] : ["deny"]

    content {
      sid       = "NeverRemoves"
      effect    = "Deny"
      actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      resources = ["${var.bucket_arn}/*"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.rights

  name                 = "${var.name}-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = each.key == "remover" ? 3600 : 43200 # a night's work
}

resource "aws_iam_role_policy" "this" {
  for_each = local.rights

  name   = each.key
  role   = aws_iam_role.this[each.key].id
  policy = data.aws_iam_policy_document.rights[each.key].json
}
