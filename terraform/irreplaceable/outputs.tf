output "store_urls" {
  description = "For the [stores.*] tables of holdfast.toml."
  value = {
    hot  = "s3://${module.hot.bucket}"
    cold = "s3://${module.cold.bucket}"
  }
}

output "replicas" {
  description = "For ../disposable: what the roles get their rights to."
  value = {
    hot  = { bucket_arn = module.hot.bucket_arn, key_arn = module.hot.key_arn }
    cold = { bucket_arn = module.cold.bucket_arn, key_arn = module.cold.key_arn }
  }
}
