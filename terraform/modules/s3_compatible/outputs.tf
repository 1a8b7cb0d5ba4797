output "bucket" {
  description = "Name of the bucket, for holdfast.toml."
  value       = aws_s3_bucket.this.bucket
}
