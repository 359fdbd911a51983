// A certificate of nobody's for this machine, made for one test.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Certificate {
  #folder;
  /** Paths of PEM files. */
  file;
  key;

  static async make() {
    const certificate = new Certificate();
    certificate.#folder = await mkdtemp(join(tmpdir(), 'chinwag-certificate-'));
    certificate.file = join(certificate.#folder, 'certificate.pem');
    certificate.key = join(certificate.#folder, 'key.pem');
    execFileSync('openssl', [
      'req', '-x509', '-days', '2', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
      // Clients that trust it itself want no authority.
      '-addext', 'basicConstraints=critical,CA:FALSE',
      '-keyout', certificate.key, '-out', certificate.file,
    ], { stdio: 'pipe' });
    return certificate;
  }

  /** What the server is started with. */
  get options() {
    return ['--tls-cert', this.file, '--tls-key', this.key];
  }

  dispose() {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
