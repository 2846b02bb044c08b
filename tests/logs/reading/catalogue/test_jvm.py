"""Spark, by its own `log4j2.properties.template`; the old HDFS; ZooKeeper, by its `logback.xml`."""

SPARK = """\
17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers for [TERM, HUP, INT]
17/06/09 20:10:41 INFO SparkContext: Running Spark version 3.5.0
17/06/09 20:10:42 WARN NativeCodeLoader: Unable to load native-hadoop library for your platform
17/06/09 20:10:43 ERROR Executor: Exception in task 0.0 in stage 0.0 (TID 0)
java.lang.ArithmeticException: / by zero
\tat org.example.Main$.divide(Main.scala:7)
17/06/09 20:10:44 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (host executor driver)
17/06/09 20:10:45 ERROR TaskSetManager: Task 0 in stage 0.0 failed 1 times; aborting job
17/06/09 20:10:46 DEBUG storage.BlockManager: Getting local block broadcast_0
17/06/09 20:10:47 TRACE storage.BlockManager: x
17/06/09 20:10:48 FATAL Master: out of it
98/12/31 23:59:59 INFO storage.MemoryStore: of the last century
"""
HDFS = """\
081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_38865049064139660 terminating
081109 203807 222 INFO dfs.DataNode$PacketResponder: PacketResponder 0 for block blk_-6952295868487656571 terminating
081109 204005 35 INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated
081109 214043 2561 WARN dfs.DataNode$DataXceiver: 10.251.30.85:50010:Got exception while serving blk_-2918
java.io.IOException: Connection reset by peer
\tat sun.nio.ch.FileDispatcher.write0(Native Method)
081109 214044 2562 ERROR dfs.DataNode: DatanodeRegistration
081109 214045 13 FATAL dfs.NameNode: x
081110 000000 13 DEBUG dfs.NameNode: after midnight
081110 000001 13 INFO dfs.NameNode: ERROR is only a word here
081110 000002 13 INFO dfs.NameNode: x: y
081110 000003 13 INFO dfs.NameNode: x
"""
ZOOKEEPER = """\
2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Notification time out
2015-07-29 19:04:12,394 - INFO  [/10.10.34.11:3888:QuorumCnxManager$Listener@493] - Received connection request
2015-07-29 19:04:29,071 - WARN  [SendWorker:188978561024:QuorumCnxManager$SendWorker@688] - Send worker leaving thread
2015-07-29 19:04:29,079 - WARN  [RecvWorker:188978561024:QuorumCnxManager$RecvWorker@765] - Interrupting SendWorker
2015-07-29 19:13:17,524 - ERROR [CommitProcessor:1:NIOServerCnxn@180] - Unexpected Exception:
java.nio.channels.CancelledKeyException
\tat sun.nio.ch.SelectionKeyImpl.ensureValid(SelectionKeyImpl.java:73)
2015-07-29 19:13:24,282 - INFO  [main:QuorumPeerConfig@101] - Reading configuration from: /etc/zoo.cfg
2015-07-29 19:13:25,282 - DEBUG [main:QuorumPeer@101] - x
2015-07-29 19:13:26,282 - TRACE [main:QuorumPeer@101] - x
2015-07-29 19:13:27,282 - FATAL [main:QuorumPeer@101] - x
2015-07-29 19:13:28,282 - WARN  [LearnerHandler-/10.10.34.13:42241:LearnerHandler@575] - GOODBYE /10.10.34.13:42241
"""


def test_spark_with_years_of_two_digits(check):
    found = check("spark", SPARK)
    assert found.levels == ["INFO", "INFO", "WARN", "ERROR", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL", "INFO"]
    assert (found.times[0], found.times[9]) == ("2017-06-09T20:10:40+00:00", "1998-12-31T23:59:59+00:00")
    assert found.column("body")[3].count("\n") == 2
    assert found.column("logger")[6] == "storage.BlockManager"


def test_hdfs_with_bare_digits(check):
    found = check("hdfs", HDFS)
    assert found.levels == ["INFO", "INFO", "INFO", "WARN", "ERROR", "FATAL", "DEBUG", "INFO", "INFO", "INFO"]
    assert (found.times[0], found.times[6]) == ("2008-11-09T20:36:15+00:00", "2008-11-10T00:00:00+00:00")
    assert found.column("logger")[3] == "dfs.DataNode$DataXceiver"
    assert found.column("thread")[3] == "2561"
    assert found.column("body")[3].count("\n") == 2
    assert found.column("body")[8] == "x: y"


def test_zookeeper_is_a_log4j_layout(check):
    found = check("log4j", ZOOKEEPER)
    assert found.levels == ["INFO", "INFO", "WARN", "WARN", "ERROR", "INFO", "DEBUG", "TRACE", "FATAL", "WARN"]
    assert found.times[0] == "2015-07-29T17:41:44.747000+00:00"
    assert found.column("body")[2] == "Send worker leaving thread"
    assert found.column("body")[4].count("\n") == 2


def test_the_jvms_formats_after_a_restart_in_another_format(restart):
    restart("spark", SPARK)
    restart("hdfs", HDFS)
    restart("log4j", ZOOKEEPER)


def test_numbers_that_are_no_time_are_not_hdfs(read):
    assert read("081109 203615 148 nothing of the kind\n" * 10).state.format == "free-text"
    assert read("081399 203615 148 INFO a.B: x\n" * 10, least=0).times == ["2026-01-05T12:00:00+00:00"] * 10


def test_slashes_and_a_year_of_four_digits(read):
    found = read("2009/11/10 23:00:00 ERROR something broke\n2009/11/10 23:00:00.123456 main.go:5: x\n", least=0)
    assert found.state.format == "slashed-date"
    assert found.levels == ["ERROR", ""]
    assert found.times[1] == "2009-11-10T23:00:00.123456+00:00"
