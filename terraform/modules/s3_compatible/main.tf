# A replica on premises: Ceph RGW, SeaweedFS or another store that speaks S3.
#
# Only what both of them keep when it is asked for: lock, versions, a default retention. Encryption,
# policies, logging and metrics are the store's own business (its disks, its gateway); asked for
# through S3, some servers accept them without effect, and SeaweedFS before August 2026 emptied an
# object or a bucket when asked to take back one that it did not know.

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:Holdfast copies, reads back and proves each copy; a replication rule does none of it
  #checkov:skip=CKV2_AWS_62:SeaweedFS takes a notification request for the making of a bucket
  #checkov:skip=CKV_AWS_18:the gateway's own access log; S3 logging is not there or has no effect
  #checkov:skip=CKV_AWS_145:disks are encrypted on premises; there is no KMS
  #checkov:skip=CKV2_AWS_6:a public access block is AWS's own; the gateway listens inside only
  #checkov:skip=CKV2_AWS_61:a lifecycle is stored by some gateways and run by few
  bucket              = var.bucket
  object_lock_enabled = true
  force_destroy       = false

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.retention_days
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}
