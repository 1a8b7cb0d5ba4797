output "store_urls" {
  description = "As the [stores.*] tables of holdfast.toml have them."
  value = {
    for name, made in local.made : name => trimsuffix("s3://${made.bucket}/${var.stores[name].prefix}", "/")
  }
}

output "replicas" {
  description = "For ../disposable: what the roles get their rights to."
  value = {
    for name, made in local.made : name => {
      bucket_arn = made.bucket_arn
      key_arn    = made.key_arn
      prefix     = var.stores[name].prefix
      region     = var.stores[name].region
    }
  }

  precondition {
    condition     = length(distinct([for made in local.made : made.account_id])) == length(local.made)
    error_message = "Each replica is in an account of its own: one stolen credential must not reach two."
  }
}
