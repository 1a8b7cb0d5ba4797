output "store_url" {
  description = "As the [stores.*] table of holdfast.toml has it."
  value       = trimsuffix("s3://${module.store.bucket}/${local.store.prefix}", "/")
}

output "quota_commands" {
  description = "S3 knows no quota; these are the gateways' own commands, for what the plan expects (p95)."
  value = local.store.quota_bytes == null ? null : {
    ceph = [
      "radosgw-admin quota set --quota-scope=bucket --bucket=${local.store.bucket} --max-size=${local.store.quota_bytes}",
      "radosgw-admin quota enable --quota-scope=bucket --bucket=${local.store.bucket}",
    ]
    seaweedfs = ["s3.bucket.quota -name=${local.store.bucket} -op=set -sizeMB=${ceil(local.store.quota_bytes / 1048576)}"]
  }
}

output "alarm_rules" {
  description = "For Prometheus, beside what `holdfast tier status --metrics` writes."
  value = yamlencode({
    groups = [{
      name = "holdfast-${local.name}"
      rules = [
        for quantile, bytes in try(local.store.expected.bytes, {}) : {
          alert       = "HoldfastBytes${upper(quantile)}"
          expr        = format("holdfast_bytes{store=%q} > %d", local.name, bytes)
          "for"       = "1d"
          annotations = { summary = "More bytes in ${local.name} than the plan expects (${quantile})." }
        }
      ]
    }]
  })
}
