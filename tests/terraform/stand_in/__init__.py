"""A stand-in for the AWS provider of Terraform: tests only, never for a real account.

The real provider comes from a registry, which tests do without. This one knows the arguments of
the resources that our modules use, so that `terraform validate` and `terraform test` find a
misspelt one, and makes the resources of S3, KMS, IAM and SQS in moto, so that an apply can be
looked at from outside. Whoever has a registry at hand runs `terraform init && terraform validate`
with the real one, too.
"""
