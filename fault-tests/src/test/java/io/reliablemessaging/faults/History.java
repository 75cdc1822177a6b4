package io.reliablemessaging.faults;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * All that is known when everything has come to rest, from outside: the bank's tables and diaries, the topics, and what the
 * library shows to people.
 *
 * @param committed what was published by transactions that have committed
 * @param rolledBack tokens of what was published in vain, as far as anyone lived to write it down
 * @param believed tokens of transactions whose commit told nobody that it had failed, and that might have
 * @param appearances records on the topics, partition by partition in the order of their offsets
 * @param entries calls of handlers, in the order in which each instance made them
 * @param effects what handlers have committed, in order
 * @param dead tokens of dead letters that the library shows, by group
 * @param redriven tokens of dead letters that a person has had handled again
 * @param deadLetterTopic tokens on the dead-letter topics, by group
 * @param quarantined tokens that wait in quarantine
 * @param leftOver what is left in tables that should be empty, by table
 * @param groups groups that read each topic
 */
record History(
        List<Message> committed,
        Set<UUID> rolledBack,
        Set<UUID> believed,
        List<Appearance> appearances,
        List<Entry> entries,
        List<Effect> effects,
        Map<String, Set<UUID>> dead,
        Set<UUID> redriven,
        Map<String, Set<UUID>> deadLetterTopic,
        Set<UUID> quarantined,
        Map<String, Long> leftOver,
        Map<String, List<String>> groups) {}
