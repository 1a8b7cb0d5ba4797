"""The arguments of the resources that our modules use (registry.terraform.io, hashicorp/aws 6).

A word is an argument: `name!` is required, `name=` is computed; `:n` a number, `:b` true or false,
`:l` a list of texts, `:s` a set of texts, `:m` a map of texts, `:secret` what RDS tells of one;
without one of them, a text. A name in the second place of a pair is a nested block.
"""

from __future__ import annotations

import json
from typing import Any

from tf import types
from tf.blocks import SetNestedBlock
from tf.gen import tfplugin_pb2 as pb
from tf.schema import Attribute, Block, Schema

Shape = tuple[str, dict[str, Any]]
"""Arguments, and nested blocks by name."""


class Objects(types.List):  # type: ignore[misc]  # untyped there
    """A list of objects whose values are texts, which the library does not bring."""

    def __init__(self, *names: str) -> None:
        super().__init__(types.Map(types.String()))
        self._names = names

    def tf_type(self) -> bytes:
        return json.dumps(["list", ["object", dict.fromkeys(self._names, "string")]]).encode()


_KINDS = {
    "": types.String(),
    "n": types.Number(),
    "b": types.Bool(),
    "l": types.List(types.String()),
    "s": types.Set(types.String()),
    "m": types.Map(types.String()),
    "secret": Objects("kms_key_id", "secret_arn", "secret_status"),
}


class ListBlock(SetNestedBlock):  # type: ignore[misc]  # untyped there
    """A block that may be repeated and keeps its order, which the library does not bring."""

    def to_pb(self) -> pb.Schema.NestedBlock:
        return pb.Schema.NestedBlock(
            type_name=self.type_name,
            block=self.block.to_pb(),
            nesting=pb.Schema.NestedBlock.NestingMode.LIST,
        )

    def semantically_equal(self, a_decoded: Any, b_decoded: Any) -> bool:
        return bool(a_decoded == b_decoded)


def attribute(word: str) -> Attribute:
    """One argument from its word."""
    name, _, kind = word.partition(":")
    bare = name.rstrip("!=")
    return Attribute(
        bare,
        _KINDS[kind],
        required=name.endswith("!"),
        computed=name.endswith("="),
        optional=not name.endswith(("!", "=")),
    )


def block(shape: Shape) -> Block:
    """A nested block from its shape."""
    arguments, nested = shape
    return Block(
        attributes=[attribute(word) for word in arguments.split()],
        block_types=[ListBlock(name, block(inner)) for name, inner in nested.items()],
    )


def schema(shape: Shape) -> Schema:
    """A whole resource, data source or provider from its shape."""
    whole = block(shape)
    return Schema(attributes=whole.attributes, block_types=whole.block_types)


PROVIDER: Shape = (
    """
    region profile s3_use_path_style:b skip_credentials_validation:b skip_metadata_api_check:b
    skip_region_validation:b skip_requesting_account_id:b
    """,
    {
        "assume_role": ("role_arn!", {}),
        "default_tags": ("tags:m", {}),
        "endpoints": ("s3", {}),
    },
)

_ABORT: Shape = ("days_after_initiation:n", {})
_FILTER: Shape = (
    "prefix object_size_greater_than:n",
    {"and": ("prefix object_size_greater_than:n object_size_less_than:n tags:m", {})},
)
_EXPIRATION: Shape = ("days:n date expired_object_delete_marker:b", {})

RESOURCES: dict[str, Shape] = {
    "aws_s3_bucket": ("bucket! object_lock_enabled:b force_destroy:b tags:m id= arn=", {}),
    "aws_s3_bucket_versioning": ("bucket! id=", {"versioning_configuration": ("status! mfa_delete", {})}),
    "aws_s3_bucket_object_lock_configuration": (
        "bucket! object_lock_enabled id=",
        {"rule": ("", {"default_retention": ("mode! days:n years:n", {})})},
    ),
    "aws_s3_bucket_server_side_encryption_configuration": (
        "bucket! id=",
        {
            "rule": (
                "bucket_key_enabled:b",
                {"apply_server_side_encryption_by_default": ("sse_algorithm! kms_master_key_id", {})},
            )
        },
    ),
    "aws_s3_bucket_public_access_block": (
        """
        bucket! block_public_acls:b block_public_policy:b ignore_public_acls:b restrict_public_buckets:b id=
        """,
        {},
    ),
    "aws_s3_bucket_ownership_controls": ("bucket! id=", {"rule": ("object_ownership!", {})}),
    "aws_s3_bucket_policy": ("bucket! policy! id=", {}),
    "aws_s3_bucket_lifecycle_configuration": (
        "bucket! transition_default_minimum_object_size id=",
        {
            "rule": (
                "id! status! prefix",
                {
                    "filter": _FILTER,
                    "abort_incomplete_multipart_upload": _ABORT,
                    "transition": ("days:n date storage_class!", {}),
                    "expiration": _EXPIRATION,
                    "noncurrent_version_expiration": ("noncurrent_days:n newer_noncurrent_versions:n", {}),
                },
            )
        },
    ),
    "aws_s3_bucket_metric": ("bucket! name! id=", {"filter": ("prefix tags:m", {})}),
    "aws_s3_bucket_logging": ("bucket! target_bucket! target_prefix! id=", {}),
    "aws_s3_bucket_notification": (
        "bucket! eventbridge:b id=",
        {"queue": ("queue_arn! events!:s filter_prefix filter_suffix", {})},
    ),
    "aws_kms_key": (
        "description enable_key_rotation:b deletion_window_in_days:n policy arn= key_id= id=",
        {},
    ),
    "aws_iam_role": ("name! assume_role_policy! max_session_duration:n description arn= id=", {}),
    "aws_iam_role_policy": ("name! role! policy! id=", {}),
    "aws_sqs_queue": ("name! kms_master_key_id message_retention_seconds:n arn= url= id=", {}),
    "aws_sqs_queue_policy": ("queue_url! policy! id=", {}),
    "aws_sns_topic": ("name! kms_master_key_id arn= id=", {}),
    "aws_sns_topic_subscription": ("topic_arn! protocol! endpoint! arn= id=", {}),
    "aws_cloudwatch_metric_alarm": (
        """
        alarm_name! alarm_description namespace metric_name dimensions:m statistic period:n
        evaluation_periods!:n comparison_operator! threshold:n alarm_actions:s arn= id=
        """,
        {
            "metric_query": (
                "id! label expression return_data:b",
                {"metric": ("namespace metric_name! dimensions:m stat! period!:n", {})},
            )
        },
    ),
    "aws_cloudwatch_log_group": ("name! kms_key_id retention_in_days:n arn= id=", {}),
    "aws_ecs_cluster": ("name! arn= id=", {"setting": ("name! value!", {})}),
    "aws_ecs_task_definition": (
        """
        family! requires_compatibilities:s network_mode cpu memory task_role_arn execution_role_arn
        container_definitions! arn= id=
        """,
        {},
    ),
    "aws_ecs_service": (
        "name! cluster task_definition desired_count:n launch_type id=",
        {"network_configuration": ("subnets!:s security_groups:s assign_public_ip:b", {})},
    ),
    "aws_security_group": ("name! description vpc_id arn= id=", {}),
    "aws_vpc_security_group_ingress_rule": (
        """
        security_group_id! description referenced_security_group_id prefix_list_id cidr_ipv4 ip_protocol!
        from_port:n to_port:n arn= id=
        """,
        {},
    ),
    "aws_vpc_security_group_egress_rule": (
        """
        security_group_id! description referenced_security_group_id prefix_list_id cidr_ipv4 ip_protocol!
        from_port:n to_port:n arn= id=
        """,
        {},
    ),
    "aws_db_subnet_group": ("name! subnet_ids!:s arn= id=", {}),
    "aws_db_parameter_group": ("name! family! arn= id=", {"parameter": ("name! value! apply_method", {})}),
    "aws_db_instance": (
        """
        identifier! engine engine_version instance_class! db_name username manage_master_user_password:b
        master_user_secret_kms_key_id allocated_storage:n max_allocated_storage:n storage_encrypted:b
        kms_key_id multi_az:b publicly_accessible:b deletion_protection:b copy_tags_to_snapshot:b
        backup_retention_period:n auto_minor_version_upgrade:b iam_database_authentication_enabled:b
        performance_insights_enabled:b performance_insights_kms_key_id monitoring_interval:n
        monitoring_role_arn enabled_cloudwatch_logs_exports:s db_subnet_group_name parameter_group_name
        vpc_security_group_ids:s final_snapshot_identifier endpoint= master_user_secret=:secret arn= id=
        """,
        {},
    ),
}

DATA_SOURCES: dict[str, Shape] = {
    "aws_caller_identity": ("account_id= arn= user_id= id=", {}),
    "aws_iam_session_context": ("arn! issuer_arn= issuer_id= issuer_name= session_name= id=", {}),
    "aws_iam_policy_document": (
        "json= id=",
        {
            "statement": (
                "sid effect actions:s not_actions:s resources:s",
                {
                    "principals": ("type! identifiers!:s", {}),
                    "condition": ("test! variable! values!:l", {}),
                },
            )
        },
    ),
}
