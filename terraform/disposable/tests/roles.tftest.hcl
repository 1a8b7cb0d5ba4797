# terraform test, in terraform/disposable: nothing is made, the providers are mocked.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/made" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

mock_provider "aws" {
  alias = "cold"

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name                  = "nhmuk"
  cold_account_role_arn = "arn:aws:iam::222222222222:role/terraform"
  replicas = {
    hot = {
      bucket_arn = "arn:aws:s3:::nhmuk-hot"
      key_arn    = "arn:aws:kms:eu-west-2:111111111111:key/11111111-1111-1111-1111-111111111111"
      prefix     = ""
      region     = "eu-west-2"
    }
    cold = {
      bucket_arn = "arn:aws:s3:::nhmuk-cold"
      key_arn    = "arn:aws:kms:eu-central-1:222222222222:key/22222222-2222-2222-2222-222222222222"
      prefix     = "archive/"
      region     = "eu-central-1"
    }
  }
  trusted_arns = {
    for store in ["hot", "cold"] : store => {
      depositor = ["arn:aws:iam::111111111111:role/scanner"]
      reader    = ["arn:aws:iam::111111111111:role/portal"]
      mover     = ["arn:aws:iam::111111111111:role/night"]
      remover   = ["arn:aws:iam::111111111111:role/remover-${store}"]
      auditor   = ["arn:aws:iam::111111111111:role/auditor"]
    }
  }
  vpc_id             = "vpc-1"
  private_subnet_ids = ["subnet-1", "subnet-2"]
  s3_prefix_list_id  = "pl-1"

  endpoints_security_group_id = "sg-1"

  worker_image        = "example.org/holdfast@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  scheduler_address   = "tls://10.0.0.4:8786"
  execution_role_arn  = "arn:aws:iam::111111111111:role/execution"
  monitoring_role_arn = "arn:aws:iam::111111111111:role/monitoring"
  expected = {
    hot = {
      bytes            = { p50 = 1e12, p95 = 2e12 }
      requests_per_day = { p50 = 1000, p95 = 2000 }
    }
  }
}

run "as_it_is_shipped" {
  command = plan

  assert {
    condition = output.alarms == {
      hot  = { bytes = { p50 = 1e12, p95 = 2e12 }, requests_per_day = { p50 = 1000, p95 = 2000 } }
      cold = { bytes = {}, requests_per_day = {} }
    }
    error_message = "The alarms are not what the plan expects."
  }

  assert {
    condition     = aws_ecs_service.worker.desired_count == 0
    error_message = "No worker runs until somebody says so."
  }
}

# Each run starts the providers anew: what is refused for different reasons is tried together.
run "whoever_moves_does_not_remove_images_have_digests_and_plans_are_for_stores_that_are_here" {
  command = plan

  variables {
    worker_image = "example.org/holdfast:latest"

    expected = {
      disk = {
        bytes            = { p50 = 1e12, p95 = 2e12 }
        requests_per_day = { p50 = 1000, p95 = 2000 }
      }
    }

    trusted_arns = {
      for store in ["hot", "cold"] : store => {
        depositor = ["arn:aws:iam::111111111111:role/scanner"]
        reader    = ["arn:aws:iam::111111111111:role/portal"]
        mover     = ["arn:aws:iam::111111111111:role/night"]
        remover   = ["arn:aws:iam::111111111111:role/night"]
        auditor   = ["arn:aws:iam::111111111111:role/auditor"]
      }
    }
  }

  expect_failures = [var.trusted_arns, var.worker_image, var.expected]
}

run "one_remover_of_both_is_refused" {
  command = plan

  variables {
    trusted_arns = {
      for store in ["hot", "cold"] : store => {
        depositor = ["arn:aws:iam::111111111111:role/scanner"]
        reader    = ["arn:aws:iam::111111111111:role/portal"]
        mover     = ["arn:aws:iam::111111111111:role/night"]
        remover   = ["arn:aws:iam::111111111111:role/remover"]
        auditor   = ["arn:aws:iam::111111111111:role/auditor"]
      }
    }
  }

  expect_failures = [var.trusted_arns]
}
