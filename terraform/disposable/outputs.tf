output "role_arns" {
  description = "By replica and role, for the profiles of holdfast.toml."
  value       = { hot = module.hot_roles.role_arns, cold = module.cold_roles.role_arns }
}

output "catalogue_address" {
  description = "Host and port of the catalogue; the secret is in the service's own keeping."
  value       = aws_db_instance.catalogue.endpoint
}
