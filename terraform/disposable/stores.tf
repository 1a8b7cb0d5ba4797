# Which file is about which store; `made_here`, `roles` and `watches` name every replica.

locals {
  made_here = ["hot", "cold"]
  roles     = { hot = module.hot_roles, cold = module.cold_roles }
  watches   = { hot = module.hot_watch, cold = module.cold_watch }

  buckets = { for store, replica in var.replicas : store => element(split(":::", replica.bucket_arn), 1) }

  # Workers do what the mover and the depositor do, by roles that they take on: one for each replica.
  trusted = {
    for store, trusted in var.trusted_arns : store => merge(trusted, {
      for role in ["depositor", "mover"] : role => concat(trusted[role], [aws_iam_role.worker.arn])
    })
  }
}
