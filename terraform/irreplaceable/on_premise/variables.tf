# The same words as holdfast.toml and the policy: `holdfast terraform vars RESULT` writes them.
variable "stores" {
  description = "The stores of holdfast.toml that lie behind a gateway of one's own, by name."
  type = map(object({
    bucket         = string
    prefix         = string
    region         = string
    endpoint       = string
    tier           = string
    domain         = string
    retention_days = number
    quota_bytes    = number # null: nothing is planned there
    expected = object({
      bytes            = object({ p50 = number, p95 = number })
      requests_per_day = object({ p50 = number, p95 = number })
    })
  }))

  validation {
    condition     = contains(keys(var.stores), terraform.workspace)
    error_message = "The workspace is the store: terraform workspace select -or-create <store>, one of ${join(", ", keys(var.stores))}."
  }

  validation {
    condition     = alltrue([for store in var.stores : can(regex("^https://|^http://127\\.0\\.0\\.1[:/]", store.endpoint))])
    error_message = "Only https, so that nobody on the way reads or changes the bytes."
  }

  validation {
    condition     = alltrue([for store in var.stores : coalesce(store.quota_bytes, 1) > 0])
    error_message = "A quota of nothing keeps nothing."
  }
}
