import CKatana

/// TLS of a server: TLS 1.3 and 1.2 with the ciphers of RFC 9325, HTTP/2 offered by ALPN.
public struct TLSConfiguration: Sendable {
  /// Files in PEM; the chain begins with the server's own certificate.
  public struct Certificate: Sendable {
    /// The certificate, then those of the authorities up to, but without, the root.
    public var chainFile: String
    /// Its private key, not encrypted.
    public var keyFile: String
    /// An OCSP response in DER that is stapled to handshakes (RFC 6066 §8).
    public var ocspFile: String?

    /// Files are read when a server is made of the configuration, and by ``Server/reload(tls:)``.
    public init(chainFile: String, keyFile: String, ocspFile: String? = nil) {
      self.chainFile = chainFile
      self.keyFile = keyFile
      self.ocspFile = ocspFile
    }
  }

  /// Whether clients show certificates.
  public enum ClientAuthentication: String, Sendable, CaseIterable {
    case off
    /// Asked for; one that is shown must be valid.
    case optional
    /// A client without a valid one is refused.
    case required
  }

  /// Whether the kernel seals what is sent to connections that get files (kTLS), so that these go from the page cache
  /// to the socket by `sendfile(2)` and not through the process. A connection begins with OpenSSL sealing; the kernel
  /// takes over with the first piece of 64 KiB or more of a file that is in the page cache, over HTTP/1.1 and TLS 1.3,
  /// and keeps on. It cannot answer a client's request for new keys (KeyUpdate, RFC 8446 §4.6.3): such a connection is
  /// then closed in good order. Needs the `tls` module (`modprobe tls`), and Linux 6.5 to know what is in the page
  /// cache; the server's first log line says whether it is used, or why not.
  public enum KernelSealing: String, Sendable, CaseIterable {
    /// Where the kernel can.
    case auto
    /// A server whose kernel cannot does not start.
    case on
    case off
  }

  /// Chosen by the name that a client asks for; the first serves every other name.
  public var certificates: [Certificate]
  /// Whether clients show certificates; needs ``clientAuthoritiesFile`` unless off.
  public var clientAuthentication = ClientAuthentication.off
  /// PEM: the authorities whose certificates clients may show.
  public var clientAuthoritiesFile: String?
  /// TLS 1.2 as well as 1.3.
  public var allowsTLS12 = true
  /// HTTP/2 is offered to clients that know it.
  public var offersHTTP2 = true
  /// Whether the kernel seals files.
  public var kernelSealing = KernelSealing.auto

  /// TLS with at least one certificate; a server without is an error.
  public init(certificates: [Certificate]) { self.certificates = certificates }
}

/// What is known of a connection under TLS. A view that cannot outlive its handler.
public struct TLSInfo: ~Escapable {
  @usableFromInline let native: UnsafePointer<kt_tls_info>

  @_lifetime(immortal)
  init(_ native: UnsafePointer<kt_tls_info>) { self.native = native }

  /// `TLSv1.3` or `TLSv1.2`.
  public var version: String { String(cString: native.pointee.version) }
  /// OpenSSL's name of the cipher suite.
  public var cipher: String { String(cString: native.pointee.cipher) }
  /// The name that the client asked for (SNI), empty when it asked for none.
  public var serverName: String { text(native.pointee.server_name) }
  /// The session was resumed with a ticket or from the cache.
  public var isResumed: Bool { native.pointee.resumed }
  /// Subject of the client's verified certificate in RFC 4514 form, or nil without one.
  public var peerSubject: String? { native.pointee.peer_fingerprint.n == 0 ? nil : text(native.pointee.peer_subject) }
  /// Its subject alternative names, as in `DNS:a.example,URI:spiffe://b`.
  public var peerNames: String { text(native.pointee.peer_names) }
  /// SHA-256 of the client's certificate, empty without one.
  public var peerFingerprint: [UInt8] { bytes(native.pointee.peer_fingerprint) }
}

private func bytes(_ slice: kt_bytes) -> [UInt8] { Array(UnsafeBufferPointer(start: slice.p, count: slice.n)) }
private func text(_ slice: kt_bytes) -> String { String(decoding: bytes(slice), as: UTF8.self) }

extension Context {
  /// The connection's TLS; nil for a request that came without.
  public var tls: TLSInfo? {
    @_lifetime(copy self)
    get {
      guard let info = kt_exchange_tls(exchange) else { return nil }
      return TLSInfo(info)
    }
  }
}

extension TLSConfiguration {
  /// The texts live for the call.
  func withNative<R>(_ body: (UnsafePointer<kt_tls_config>) -> R) -> R {
    var texts: [UnsafeMutablePointer<CChar>] = []
    defer { for text in texts { text.deallocate() } }
    func keep(_ text: String) -> UnsafePointer<CChar> {
      let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.utf8.count + 1)
      _ = copy.initialize(from: text.utf8CString)
      texts.append(copy.baseAddress!)
      return UnsafePointer(copy.baseAddress!)
    }
    let files = certificates.map {
      kt_tls_certificate(chain_file: keep($0.chainFile), key_file: keep($0.keyFile), ocsp_file: $0.ocspFile.map(keep))
    }
    return files.withUnsafeBufferPointer { files in
      var native = kt_tls_config_default()
      native.certificates = files.baseAddress
      native.certificate_count = files.count
      native.client_auth =
        switch clientAuthentication {
        case .off: UInt8(KT_CLIENT_AUTH_OFF.rawValue)
        case .optional: UInt8(KT_CLIENT_AUTH_OPTIONAL.rawValue)
        case .required: UInt8(KT_CLIENT_AUTH_REQUIRED.rawValue)
        }
      native.client_ca_file = clientAuthoritiesFile.map(keep)
      native.tls12 = allowsTLS12
      native.h2 = offersHTTP2
      native.ktls =
        switch kernelSealing {
        case .auto: UInt8(KT_KTLS_AUTO.rawValue)
        case .on: UInt8(KT_KTLS_ON.rawValue)
        case .off: UInt8(KT_KTLS_OFF.rawValue)
        }
      return withUnsafePointer(to: native, body)
    }
  }
}
