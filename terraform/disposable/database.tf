# The catalogue for several machines at once. It can be rebuilt from the stores; backups save the wait.

resource "aws_db_subnet_group" "catalogue" {
  name       = "${var.name}-holdfast-catalogue"
  subnet_ids = var.private_subnet_ids
}

resource "aws_security_group" "catalogue" {
  name        = "${var.name}-holdfast-catalogue"
  description = "PostgreSQL catalogue of Holdfast."
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "catalogue" {
  security_group_id            = aws_security_group.catalogue.id
  description                  = "Holdfast's own machines."
  referenced_security_group_id = aws_security_group.dask.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_parameter_group" "catalogue" {
  name   = "${var.name}-holdfast-catalogue"
  family = "postgres18"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
}

resource "aws_db_instance" "catalogue" {
  identifier     = "${var.name}-holdfast-catalogue"
  engine         = "postgres"
  engine_version = "18"
  instance_class = var.database_class
  db_name        = "holdfast"
  username       = "holdfast"

  # The secret is made, kept and rotated by the service, and in no file of ours.
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.disposable.arn

  allocated_storage                   = 50
  max_allocated_storage               = 500
  storage_encrypted                   = true
  kms_key_id                          = aws_kms_key.disposable.arn
  multi_az                            = true
  publicly_accessible                 = false
  deletion_protection                 = var.database_protected
  copy_tags_to_snapshot               = true
  backup_retention_period             = 35
  auto_minor_version_upgrade          = true
  iam_database_authentication_enabled = true
  performance_insights_enabled        = true
  performance_insights_kms_key_id     = aws_kms_key.disposable.arn
  monitoring_interval                 = 60
  monitoring_role_arn                 = var.monitoring_role_arn
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
  db_subnet_group_name                = aws_db_subnet_group.catalogue.name
  parameter_group_name                = aws_db_parameter_group.catalogue.name
  vpc_security_group_ids              = [aws_security_group.catalogue.id]
  final_snapshot_identifier           = "${var.name}-holdfast-catalogue-last"
}
