output "role_arns" {
  description = "By the role's name, for the profiles of holdfast.toml."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
