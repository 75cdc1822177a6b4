package io.reliablemessaging.benchmarks;

import java.util.List;

/** One comparison: the relay, and what it is held against, in turn and on the same servers. */
interface Measurement {

    List<Ratio> run(Bench bench, Sizes sizes);
}
