"""The faults that planted.py plants: one a line, under what it goes against.

What is wrong, the resource (or parameter, or output) of template.yaml, its text there, the text in its
place, which check has to say so, and what it has to say. More texts of a resource stand beside each
other in tuples. Each rule of guard/ needs a fault; others are as many as somebody thought of.
"""

GUARD, PROMISES, CFN_LINT, SAM, CHECKOV = "guard", "promises", "cfn-lint", "sam validate --lint", "checkov"

FAULTS = [
    # Roles.
    ("a role with a policy of AWS's", "SubmitEscalationRole", "      Policies:", "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess]\n      Policies:", GUARD, "roles_are_written_out"),
    ("a wildcard action", "SubmitEscalationRole", "Action: dynamodb:UpdateItem", "Action: dynamodb:*", GUARD, "roles_name_their_actions"),
    ("all actions but one", "SubmitEscalationRole", "Action: dynamodb:UpdateItem", "NotAction: dynamodb:DeleteTable", GUARD, "roles_name_their_actions"),
    ("a role for every queue", "CheckDeadlinesRole", "Resource: !GetAtt SweepFailureQueue.Arn", 'Resource: "*"', GUARD, "roles_name_their_resources"),
    ("a role for a table by a pattern", "SubmitEscalationRole", "Resource: !GetAtt Table.Arn", "Resource: !Sub arn:aws:dynamodb:*:${AWS::AccountId}:table/desk", GUARD, "roles_name_their_resources: a role has resources by a pattern"),
    ("a misspelt condition", "SubmitEscalationRole", "dynamodb:LeadingKeys", "dynamodb:LeadingKey", GUARD, "roles_have_known_conditions"),
    ("every item of the table", "SubmitEscalationRole", '                Condition:\n                  ForAllValues:StringLike:\n                    dynamodb:LeadingKeys: ["INCIDENT#*", "REQUEST#*"]\n', "", GUARD, "roles_are_kept_to_their_items: a role may touch every item"),
    ("every kind of item", "SubmitEscalationRole", '"INCIDENT#*"', '"*"', GUARD, "roles_are_kept_to_their_items: a role may touch more than one kind"),
    ("a scan", "SubmitEscalationRole", "- dynamodb:GetItem", "- dynamodb:Scan", GUARD, "roles_are_kept_to_their_items: a role may read the whole table"),
    ("writing through the index", "CheckDeadlinesRole", "Action: dynamodb:Query", "Action: dynamodb:PutItem", GUARD, "roles_are_kept_to_their_items"),
    ("sending from any address", "DispatchEmailRole", "StringEqualsIgnoreCase: { ses:FromAddress: !Ref SenderAddress }", "StringLike: { ses:FromAddress: '*' }", GUARD, "roles_send_as_the_desk"),
    ("sending with any configuration set", "DispatchEmailRole", ":configuration-set/${ConfigurationSet}", ":configuration-set/other", GUARD, "roles_send_as_the_desk: a role may send with no configuration set"),
    ("reading all of the bucket", "ReceiveEmailRole", "${MailBucket.Arn}/mail/*", "${MailBucket.Arn}/*", GUARD, "roles_read_mail_alone"),
    ("the key for any purpose", "ReceiveEmailRole", "kms:ViaService", "kms:CallerAccount", GUARD, "roles_use_the_key_through_a_service"),
    ("a role for anybody's schedules", "SweepScheduleRole", "aws:SourceAccount: !Ref AWS::AccountId", "aws:ResourceAccount: !Ref AWS::AccountId", GUARD, "roles_are_taken_by_one_service"),
    ("a role for an account", "SubmitEscalationRole", "Principal: { Service: lambda.amazonaws.com }", "Principal: { Service: lambda.amazonaws.com, AWS: !Ref AWS::AccountId }", GUARD, "roles_are_taken_by_one_service"),
    # Two functions, one role.
    ("a shared role", "ManageIncidentFunction", "!GetAtt ManageIncidentRole.Arn", "!GetAtt SubmitEscalationRole.Arn", PROMISES, "ManageIncidentFunction: shares SubmitEscalationRole"),
    # The table.
    ("a table that goes with the stack", "Table", "DeletionPolicy: Retain", "DeletionPolicy: Delete", GUARD, "table_outlives_the_stack"),
    ("a table that one call deletes", "Table", "DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false", GUARD, "table_outlives_the_stack"),
    ("no point-in-time recovery", "Table", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", GUARD, "table_can_be_restored"),
    ("a table with AWS's own key", "Table", "SSEType: KMS", "SSEType: AES256", GUARD, "table_is_encrypted_with_kms"),
    ("a table that never forgets", "Table", "AttributeName: expires_at, Enabled: true", "AttributeName: expires_at, Enabled: false", GUARD, "table_forgets_what_has_expired"),
    ("a stream without items", "Table", "StreamViewType: NEW_IMAGE", "StreamViewType: KEYS_ONLY", GUARD, "table_has_a_stream"),
    # Queues, topics and the key.
    ("a queue with SQS's key", "MailQueue", "KmsMasterKeyId: !GetAtt Key.Arn", "SqsManagedSseEnabled: true", GUARD, "queues_are_encrypted_with_kms"),
    ("a topic without a key", "MailTopic", "KmsMasterKeyId: !GetAtt Key.Arn", "DisplayName: mail", GUARD, "queues_are_encrypted_with_kms"),
    ("a key for ever", "Key", "EnableKeyRotation: true", "EnableKeyRotation: false", GUARD, "key_is_rotated_and_kept"),
    ("a queue that forgets", "SweepFailureQueue", "MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 345600", GUARD, "queues_keep_for_14_days"),
    ("a queue without a policy", "SweepFailureQueuePolicy", "Queues: [!Ref SweepFailureQueue]", "Queues: [!Ref MailQueue]", GUARD, "queues_have_a_policy"),
    ("a queue that takes plain HTTP", "SweepFailureQueuePolicy", 'aws:SecureTransport: "false"', 'aws:SecureTransport: "true"', GUARD, "queues_refuse_without_tls"),
    ("a queue that anybody's topic writes to", "MailQueuePolicy", "ArnEquals: { aws:SourceArn: !Ref MailTopic }", "ArnLike: { aws:SourceArn: 'arn:aws:sns:*' }", GUARD, "queues_are_written_by_one_source"),
    ("a queue that nobody watches", "SweepFailuresAlarm", "!GetAtt SweepFailureQueue.QueueName", "!GetAtt EmailFailureQueue.QueueName", PROMISES, "SweepFailureQueue: no alarm watches"),
    # What Lambda hands out.
    ("a batch that fails whole", "DispatchEmailFunction", "BisectBatchOnFunctionError: true", "BisectBatchOnFunctionError: false", GUARD, "streams_single_out_a_bad_record"),
    ("no partial failures", "DispatchEmailFunction", "            FunctionResponseTypes: [ReportBatchItemFailures]\n", "", GUARD, "streams_single_out_a_bad_record"),
    ("attempts without end", "DispatchEmailFunction", "MaximumRetryAttempts: 5", "MaximumRetryAttempts: -1", GUARD, "streams_give_up"),
    ("a record that is tried all day", "DispatchEmailFunction", "MaximumRecordAgeInSeconds: 3600", "MaximumRecordAgeInSeconds: 86400", GUARD, "streams_give_up"),
    ("no destination for failures", "DispatchEmailFunction", "            DestinationConfig:\n              OnFailure: { Type: SQS, Destination: !GetAtt EmailFailureQueue.Arn }\n", "", GUARD, "streams_tell_what_they_gave_up"),
    ("no filter", "DispatchWebhookFunction", ("FilterCriteria:\n              Filters:\n", "                - Pattern: >-\n", '                    {"eventName": ["INSERT", "MODIFY"],\n', '                    "dynamodb": {"NewImage": {"item": {"S": ["WEBHOOK"]}, "status": {"S": ["pending"]}}}}\n'), ("MaximumBatchingWindowInSeconds: 1\n", "", "", ""), GUARD, "streams_are_filtered"),
    ("a filter that lets others pass", "DispatchEmailFunction", '"status": {"S": ["pending"]}', '"status": {"S": ["pending", "sent"]}', PROMISES, "MODIFY of EMAIL sent wakes the function"),
    ("ten mails a call, one bad", "ReceiveEmailFunction", "            FunctionResponseTypes: [ReportBatchItemFailures]\n", "", GUARD, "mail_is_taken_one_by_one"),
    ("a flood that takes all executions", "ReceiveEmailFunction", "MaximumConcurrency: 4", "MaximumConcurrency: 400", GUARD, "mail_is_taken_one_by_one: a flood"),
    # What calls functions by itself.
    ("a sweep that is tried all day", "CheckDeadlinesFunction", "RetryPolicy: { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 }", "RetryPolicy: { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 86400 }", GUARD, "schedule_retries_within_its_minute"),
    ("a sweep that is lost", "CheckDeadlinesFunction", "DeadLetterConfig: { Arn: !GetAtt SweepFailureQueue.Arn }", "State: ENABLED", GUARD, "schedule_keeps_what_it_gave_up"),
    ("a sweep that sees no further than itself", "CheckDeadlinesFunction", '"look_ahead":"120s"', '"look_ahead":"30s"', PROMISES, "its input is"),
    ("a rule that gives up", "SendingEventsRule", "MaximumEventAgeInSeconds: 86400", "MaximumEventAgeInSeconds: 3600", GUARD, "events_are_tried_for_a_day"),
    ("an event that is lost", "SendingEventsRule", "          DeadLetterConfig: { Arn: !GetAtt DeliveryFailureQueue.Arn }\n", "", GUARD, "events_are_kept_when_given_up"),
    ("a failed call that is lost", "RecordDeliveryFunction", "        DestinationConfig:\n          OnFailure: { Type: SQS, Destination: !GetAtt DeliveryFailureQueue.Arn }\n", "", GUARD, "asynchronous_calls_end_in_a_queue"),
    # The bucket.
    ("a bucket that can be public", "MailBucket", "RestrictPublicBuckets: true", "RestrictPublicBuckets: false", GUARD, "bucket_is_not_public"),
    ("a bucket with S3's key", "MailBucket", "SSEAlgorithm: aws:kms", "SSEAlgorithm: AES256", GUARD, "bucket_is_encrypted_with_kms"),
    ("no versions", "MailBucket", "VersioningConfiguration: { Status: Enabled }", "VersioningConfiguration: { Status: Suspended }", GUARD, "bucket_keeps_versions"),
    ("mail for ever", "MailBucket", "            ExpirationInDays: !Ref MailRetentionDays\n", "", GUARD, "bucket_forgets"),
    ("a bucket that blocks the stack", "MailBucket", "DeletionPolicy: Retain", "DeletionPolicy: Delete", GUARD, "bucket_outlives_the_stack"),
    ("a bucket that takes plain HTTP", "MailBucketPolicy", 'aws:SecureTransport: "false"', 'aws:SecureTransport: "true"', GUARD, "bucket_refuses_without_tls"),
    ("half a bucket that takes plain HTTP", "MailBucketPolicy", ', !Sub "${MailBucket.Arn}/*"]', "]", GUARD, "bucket_refuses_without_tls: not all"),
    ("anybody's SES", "MailBucketPolicy", "                aws:SourceAccount: !Ref AWS::AccountId\n", "", GUARD, "bucket_is_written_by_ses_of_this_account"),
    ("another rule of SES", "MailBucketPolicy", "${AWS::StackName}-mail-in", "other", PROMISES, "MailBucket: others than SES of this account and this rule"),
    ("mail that nobody scanned", "ReceiptRule", "ScanEnabled: true", "ScanEnabled: false", GUARD, "mail_is_scanned"),
    ("mail that is gone before its message", "MailRetentionDays", "MinValue: 15", "MinValue: 5", PROMISES, "mail may be gone while its message still waits"),
    # The API.
    ("a route open to anybody", "OpenIncidentRoute", "AuthorizationType: !If [HasJwtIssuer, JWT, AWS_IAM]", "AuthorizationType: NONE", GUARD, "routes_ask_who_calls: a route is open"),
    ("a route without a scope", "OpenIncidentRoute", '      AuthorizationScopes: !If [HasJwtIssuer, ["incidents:write"], !Ref AWS::NoValue]\n', "", GUARD, "routes_ask_who_calls: a route asks for no scope"),
    ("a route with another's scope", "OpenIncidentRoute", '["incidents:write"]', '["incidents:read"]', PROMISES, "POST /v1/incidents wants"),
    ("a route that nobody documented", "ReadFiguresRoute", "GET /v1/figures", "GET /v1/figure", PROMISES, "GET /v1/figure is a route of the template and not in openapi.json"),
    ("links that want a signature", "UseLinkRoute", "AuthorizationType: NONE", "AuthorizationType: AWS_IAM", GUARD, "links_are_open"),
    ("an API without a ceiling", "ApiStage", "ThrottlingBurstLimit: 100", "ThrottlingBurstLimit: 5000", GUARD, "api_is_throttled"),
    ("links without a ceiling", "ApiStage", '        "POST /links/{token}": { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 }\n', "", GUARD, "api_is_throttled: what anybody may ask"),
    ("tokens of links in the log", "ApiStage", '"route":"$context.routeKey"', '"route":"$context.routeKey","path":"$context.path"', GUARD, "api_writes_an_access_log"),
    # Functions.
    ("a function on x86", "ManageIncidentFunction", "      Description:", "      Architectures: [x86_64]\n      Description:", GUARD, "functions_are_arm64"),
    ("a function with 10 GB", "ReceiveEmailFunction", "MemorySize: 512", "MemorySize: 10240", GUARD, "functions_have_memory_and_time: a function has more memory"),
    ("a function with 3 s", "ReceiveEmailFunction", "Timeout: 30", "Timeout: 3", GUARD, "functions_have_memory_and_time: a function has less time"),
    ("sweeps without a bound", "CheckDeadlinesFunction", "      ReservedConcurrentExecutions: !If [ReservesConcurrency, 5, !Ref AWS::NoValue]\n", "", GUARD, "functions_that_are_called_by_themselves_are_bounded"),
    ("logs as text", "Function", "      LogFormat: JSON\n      ApplicationLogLevel: !Ref LogLevel\n      SystemLogLevel: INFO\n", "      LogFormat: Text\n", GUARD, "functions_log_json_into_their_group"),
    ("logs for ever", "SubmitEscalationLogGroup", "      RetentionInDays: !Ref LogRetentionDays\n", "", GUARD, "logs_are_forgotten"),
    ("no traces", "Function", "Tracing: Active", "Tracing: PassThrough", GUARD, "functions_are_traced"),
    ("a role from elsewhere", "SubmitEscalationFunction", "Role: !GetAtt SubmitEscalationRole.Arn", "Role: !Sub arn:aws:iam::${AWS::AccountId}:role/admin", GUARD, "functions_have_a_role_of_the_stack"),
    ("a function of another crate", "SubmitEscalationFunction", "CodeUri: ../functions/submit-escalation", "CodeUri: ../functions/submit-escalations", PROMISES, "where there is no Cargo.toml"),
    ("a batch that outlives its claims", "DispatchEmailFunction", "Timeout: 90", "Timeout: 120", PROMISES, "dispatch-email has 120 s"),
    # Parameters, outputs, alarms.
    ("a parameter that takes anything", "SenderAddress", "    AllowedPattern:", "    MinLength: 1 #", GUARD, "parameters_are_explained_and_checked: a parameter takes anything"),
    ("a parameter that explains nothing", "LogLevel", "    Description:", "    NoEcho: false #", GUARD, "parameters_are_explained_and_checked: a parameter has no description"),
    ("an output that explains nothing", "TableName", "    Description:", "    # ", GUARD, "outputs_are_explained"),
    ("an alarm that tells nobody", "SweepMissingAlarm", "AlarmActions: [!If [OwnsAlarmTopic, !Ref AlarmTopic, !Ref AlarmTopicArn]]", "AlarmActions: []", GUARD, "alarms_tell_somebody"),
    ("an alarm that is never over", "SweepMissingAlarm", "      OKActions: [!If [OwnsAlarmTopic, !Ref AlarmTopic, !Ref AlarmTopicArn]]\n", "", GUARD, "alarms_tell_when_it_is_over"),
    ("an alarm without a page", "SweepMissingAlarm", " infra/RUNBOOK.md#sweepmissing", "", GUARD, "alarms_name_their_page"),
    ("an alarm with a page that is not there", "SweepMissingAlarm", "RUNBOOK.md#sweepmissing", "RUNBOOK.md#sweepsmissing", PROMISES, "RUNBOOK.md has no page sweepsmissing"),
    ("an alarm that silence calms", "SweepMissingAlarm", "TreatMissingData: breaching", "TreatMissingData: missing", GUARD, "alarms_know_what_silence_means"),
    ("a heartbeat that nobody watches", "SweepMissingAlarm", "MetricName: SweepHeartbeat", "MetricName: SweepHeartbeats", PROMISES, "no alarm watches SweepHeartbeat"),
    # The dashboard.
    ("a metric that nobody tells", "Dashboard", '"EmailsSent"', '"EmailsSend"', PROMISES, "shows EmailsSend, which nobody tells"),
    ("a clock that there is not", "Dashboard", '"Clock", "update"', '"Clock", "updates"', PROMISES, "by Clock updates, which nobody tells"),
    ("a metric that AWS does not tell", "Dashboard", '"AWS/ApiGateway", "4xx"', '"AWS/ApiGateway", "4XXError"', PROMISES, "AWS/ApiGateway 4XXError by ['ApiId'], which AWS does not tell"),
    ("an alarm that is not shown", "Dashboard", '"${LatenessAlarm.Arn}",', "", PROMISES, "dashboard: does not show LatenessAlarm"),
    ("one widget on another", "Dashboard", '"x": 6, "y": 1', '"x": 5, "y": 1', PROMISES, "lies on 'Due in the next two minutes'"),
    # What linters and scanners know of AWS.
    ("a property that there is not", "ConfigurationSet", "ReputationMetricsEnabled: true", "ReputationMetrics: true", CFN_LINT, "ReputationMetrics"),
    ("a reference to nothing", "PolicyLayerArn", "Value: !Ref PolicyLayer", "Value: !Ref PolicyLayers", CFN_LINT, "PolicyLayers"),
    ("a type that there is not", "SweepScheduleGroup", "AWS::Scheduler::ScheduleGroup", "AWS::Scheduler::Group", SAM, "AWS::Scheduler::Group"),
    ("a bucket without versions, to checkov", "MailBucket", "VersioningConfiguration: { Status: Enabled }", "VersioningConfiguration: { Status: Suspended }", CHECKOV, "CKV_AWS_21"),
    ("a skip that says nothing", "Table", 'comment: "the managed key aws/dynamodb is meant, see SSESpecification below"', 'comment: ""', CHECKOV, "Table: CKV_AWS_119 is skipped, and nobody says why"),
    ("a skip of what passes", "ApiLogGroup", "id: CKV_AWS_158", "id: CKV_AWS_66", CHECKOV, "ApiLogGroup: CKV_AWS_66 is skipped, and would pass"),
    ("a function in no VPC, unexplained", "DispatchWebhookFunction", "id: CKV_AWS_117", "id: CKV_AWS_50", CHECKOV, "DispatchWebhookFunction: CKV_AWS_50 is skipped, and there is no such check of it"),
]
