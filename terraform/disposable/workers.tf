# Dask workers where one machine's network is not enough. None runs until `workers` says so.

resource "aws_ecs_cluster" "dask" {
  name = "${var.name}-holdfast-dask"

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

locals {
  log_group = "/holdfast/${var.name}/dask"
}

resource "aws_cloudwatch_log_group" "dask" {
  name              = local.log_group
  kms_key_id        = aws_kms_key.disposable.arn
  retention_in_days = 365
}

# Workers talk to one another and to the scheduler inside the network, and outward by TLS only.
resource "aws_security_group" "dask" {
  name        = "${var.name}-holdfast-dask"
  description = "Dask workers of Holdfast."
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "dask" {
  security_group_id            = aws_security_group.dask.id
  description                  = "Workers and the scheduler."
  referenced_security_group_id = aws_security_group.dask.id
  ip_protocol                  = "tcp"
  from_port                    = 8786
  to_port                      = 8796
}

resource "aws_vpc_security_group_egress_rule" "inside" {
  security_group_id            = aws_security_group.dask.id
  description                  = "Workers and the scheduler."
  referenced_security_group_id = aws_security_group.dask.id
  ip_protocol                  = "tcp"
  from_port                    = 8786
  to_port                      = 8796
}

resource "aws_vpc_security_group_egress_rule" "stores" {
  security_group_id = aws_security_group.dask.id
  description       = "The stores, through the network's S3 endpoint."
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# The other region's bucket, and the catalogue.
resource "aws_vpc_security_group_egress_rule" "cold_store" {
  for_each = toset(var.cold_store_cidrs)

  security_group_id = aws_security_group.dask.id
  description       = "The store in the other region."
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "services" {
  security_group_id            = aws_security_group.dask.id
  description                  = "Credentials, logs and the image, through the network's endpoints."
  referenced_security_group_id = var.endpoints_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "catalogue" {
  security_group_id            = aws_security_group.dask.id
  description                  = "The catalogue."
  referenced_security_group_id = aws_security_group.catalogue.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

# A task has one role, and a store has one profile: the worker's own role may do nothing but take on
# the others.
data "aws_iam_policy_document" "worker_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "TakesOnRoles"
    actions   = ["sts:AssumeRole"]
    resources = flatten([for made in local.roles : [made.role_arns["depositor"], made.role_arns["mover"]]])
  }
}

resource "aws_iam_role" "worker" {
  name               = "${var.name}-holdfast-worker"
  assume_role_policy = data.aws_iam_policy_document.worker_trust.json
}

resource "aws_iam_role_policy" "worker" {
  name   = "worker"
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.worker.json
}

resource "aws_ecs_task_definition" "worker" {
  family                   = "${var.name}-holdfast-worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 2048
  memory                   = 4096
  task_role_arn            = aws_iam_role.worker.arn
  execution_role_arn       = var.execution_role_arn

  container_definitions = jsonencode([{
    name                   = "worker"
    image                  = var.worker_image
    command                = ["dask", "worker", var.scheduler_address, "--nthreads", "2", "--memory-limit", "3GiB"]
    readonlyRootFilesystem = true
    essential              = true
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.dask.name
        "awslogs-region"        = var.replicas["hot"].region
        "awslogs-stream-prefix" = "worker"
      }
    }
  }])
}

resource "aws_ecs_service" "worker" {
  name            = "worker"
  cluster         = aws_ecs_cluster.dask.id
  task_definition = aws_ecs_task_definition.worker.arn
  desired_count   = var.workers
  launch_type     = "FARGATE"

  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [aws_security_group.dask.id]
    assign_public_ip = false
  }
}
