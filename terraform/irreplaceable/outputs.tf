output "store_urls" {
  description = "For the [stores.*] tables of holdfast.toml."
  value = {
    hot  = "s3://${module.hot.bucket}"
    cold = "s3://${module.cold.bucket}"
  }
}
