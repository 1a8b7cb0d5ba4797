output "bucket" {
  description = "Name of the bucket, for holdfast.toml."
  value       = aws_s3_bucket.this.bucket
}

output "bucket_arn" {
  description = "For the roles."
  value       = aws_s3_bucket.this.arn
}

output "key_arn" {
  description = "Of the key that encrypts the bucket, for the roles."
  value       = aws_kms_key.this.arn
}

output "account_id" {
  description = "Of the account that the bucket is in."
  value       = data.aws_caller_identity.here.account_id
}
