output "role_arns" {
  description = "By replica and role, for the profiles of holdfast.toml."
  value       = { for store, made in local.roles : store => made.role_arns }
}

output "catalogue_url" {
  description = "The url of [catalogue] in holdfast.toml, without a password: that is in the secret below."
  value       = "postgresql://${aws_db_instance.catalogue.username}@${aws_db_instance.catalogue.endpoint}/${aws_db_instance.catalogue.db_name}?sslmode=verify-full"
}

output "catalogue_secret_arn" {
  description = "Where the service keeps and rotates the password; no file of ours has it."
  value       = aws_db_instance.catalogue.master_user_secret[0].secret_arn
}

output "machines_security_group_id" {
  description = "For the machine that holdfast itself runs on: it lets stores, workers and the catalogue be reached."
  value       = aws_security_group.dask.id
}

output "queue_urls" {
  description = "Of new and removed objects, by store."
  value       = { for store, made in local.watches : store => made.queue_url }
}

output "alarm_topic_arns" {
  description = "Where alarms go, by store."
  value       = { for store, made in local.watches : store => made.alarm_topic_arn }
}

output "alarms" {
  description = "Above what each alarm warns, by store."
  value       = { for store, made in local.watches : store => made.alarms }
}
