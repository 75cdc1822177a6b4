package io.reliablemessaging.lanes;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Reads the name of this host from the operating system or the container platform. */
final class HostName {

    private static final int LONGEST = 255;

    private HostName() {}

    static String get() {
        String name = System.getenv("HOSTNAME");
        if (name == null || name.isBlank()) {
            name = System.getenv("COMPUTERNAME");
        }
        if (name == null || name.isBlank()) {
            name = asked();
        }
        return name.length() <= LONGEST ? name : name.substring(0, LONGEST);
    }

    private static String asked() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
